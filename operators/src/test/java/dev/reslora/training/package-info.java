@NullMarked
package dev.reslora.training;

import org.jspecify.annotations.NullMarked;
