/** The trainer: batches, steps, optimizer, schedules, and the versioned state behind them. */
@NullMarked
package dev.reslora.training;

import org.jspecify.annotations.NullMarked;
