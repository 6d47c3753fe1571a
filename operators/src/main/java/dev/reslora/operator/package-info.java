/** One class a stage: decode, tokenize, train, publish. */
@NullMarked
package dev.reslora.operator;

import org.jspecify.annotations.NullMarked;
