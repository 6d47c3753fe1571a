/** What a job keeps, read from a savepoint or checkpoint, and made into another. */
@NullMarked
package dev.reslora.pipeline.state;

import org.jspecify.annotations.NullMarked;
