/** The commands of deploy/reslora. */
@NullMarked
package dev.reslora.pipeline.cli;

import org.jspecify.annotations.NullMarked;
