/** Questions with known answers, asked of language models. */
@NullMarked
package dev.reslora.pipeline.evaluate;

import org.jspecify.annotations.NullMarked;
