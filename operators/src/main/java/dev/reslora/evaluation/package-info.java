/** Test-then-train figures and the frozen baseline beside them. */
@NullMarked
package dev.reslora.evaluation;

import org.jspecify.annotations.NullMarked;
