@NullMarked
package dev.reslora.operator;

import org.jspecify.annotations.NullMarked;
