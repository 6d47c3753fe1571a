@NullMarked
package dev.reslora.pipeline.serve;

import org.jspecify.annotations.NullMarked;
