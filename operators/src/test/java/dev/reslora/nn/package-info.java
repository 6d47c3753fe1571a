@NullMarked
package dev.reslora.nn;

import org.jspecify.annotations.NullMarked;
