/** HTTP server that answers with the newest version of each adapter. */
@NullMarked
package dev.reslora.pipeline.serve;

import org.jspecify.annotations.NullMarked;
