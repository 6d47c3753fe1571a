@NullMarked
package dev.reslora.evaluation;

import org.jspecify.annotations.NullMarked;
