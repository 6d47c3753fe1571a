/** What bench step and bench gemm measure. */
@NullMarked
package dev.reslora.pipeline.bench;

import org.jspecify.annotations.NullMarked;
