@NullMarked
package dev.reslora.text;

import org.jspecify.annotations.NullMarked;
