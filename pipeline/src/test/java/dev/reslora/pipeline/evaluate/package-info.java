@NullMarked
package dev.reslora.pipeline.evaluate;

import org.jspecify.annotations.NullMarked;
