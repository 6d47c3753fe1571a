@NullMarked
package dev.reslora.serving;

import org.jspecify.annotations.NullMarked;
