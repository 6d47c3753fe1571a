/**
 * Wire codecs of every topic; the records are generated into {@code dev.reslora.schema.avro}.
 *
 * <p>{@link dev.reslora.schema.WireConfig} makes encoders, which write the configured {@link
 * dev.reslora.schema.WireFormat}, and decoders, which recognise both. A record's own fault is a
 * {@link dev.reslora.schema.RejectedException}; a registry that does not answer is a {@link
 * dev.reslora.schema.RegistryUnavailableException}.
 */
@NullMarked
package dev.reslora.schema;

import org.jspecify.annotations.NullMarked;
