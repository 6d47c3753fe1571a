/** Topology, options and job entry. */
@NullMarked
package dev.reslora.pipeline;

import org.jspecify.annotations.NullMarked;
