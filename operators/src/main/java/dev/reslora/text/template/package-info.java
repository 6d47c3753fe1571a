/** The part of Jinja that chat templates of language models are written in. */
@NullMarked
package dev.reslora.text.template;

import org.jspecify.annotations.NullMarked;
