/** From the texts of an example to token ids. */
@NullMarked
package dev.reslora.text;

import org.jspecify.annotations.NullMarked;
