/** Tests of the wire codecs; samples and the in-memory registry serve other modules' tests too. */
@NullMarked
package dev.reslora.schema;

import org.jspecify.annotations.NullMarked;
