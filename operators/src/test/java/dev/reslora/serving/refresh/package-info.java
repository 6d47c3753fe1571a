@NullMarked
package dev.reslora.serving.refresh;

import org.jspecify.annotations.NullMarked;
