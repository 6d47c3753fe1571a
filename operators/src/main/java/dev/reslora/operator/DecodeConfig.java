package dev.reslora.operator;

import dev.reslora.schema.WireConfig;
import java.io.Serializable;

/**
 * Settings of the decode stage.
 *
 * @param wire where writers' schemas are found
 * @param recordBytes largest value that is decoded
 * @param deadLetterBytes most bytes of a rejected key, and of a rejected value, that are kept
 * @param outage what happens while the schema registry does not answer
 */
public record DecodeConfig(
    WireConfig wire, int recordBytes, int deadLetterBytes, RegistryOutage outage)
    implements Serializable {}
