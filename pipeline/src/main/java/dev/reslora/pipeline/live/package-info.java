/** The live page: what a job's topics tell of it, in a browser. */
@NullMarked
package dev.reslora.pipeline.live;

import org.jspecify.annotations.NullMarked;
