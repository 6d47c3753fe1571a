/** Wire codecs of every topic; the records are generated into {@code dev.reslora.schema.avro}. */
@NullMarked
package dev.reslora.schema;

import org.jspecify.annotations.NullMarked;
