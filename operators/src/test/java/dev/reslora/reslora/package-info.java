@NullMarked
package dev.reslora.reslora;

import org.jspecify.annotations.NullMarked;
