/** Snapshot contents: PEFT layout, manifest, digests, chunks. */
@NullMarked
package dev.reslora.snapshot;

import org.jspecify.annotations.NullMarked;
