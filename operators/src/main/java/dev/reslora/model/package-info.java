/** Model families and the Hugging Face directories they are read from. */
@NullMarked
package dev.reslora.model;

import org.jspecify.annotations.NullMarked;
