/** What the HTTP servers have in common. */
@NullMarked
package dev.reslora.pipeline.http;

import org.jspecify.annotations.NullMarked;
