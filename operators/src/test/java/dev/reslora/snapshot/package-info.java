@NullMarked
package dev.reslora.snapshot;

import org.jspecify.annotations.NullMarked;
