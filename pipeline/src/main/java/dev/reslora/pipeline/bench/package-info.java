/** What the bench commands measure. */
@NullMarked
package dev.reslora.pipeline.bench;

import org.jspecify.annotations.NullMarked;
