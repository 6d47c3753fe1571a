/** Figures of a model on a stream, tests and detectors on them; all functions of what comes in. */
@NullMarked
package dev.reslora.evaluation;

import org.jspecify.annotations.NullMarked;
