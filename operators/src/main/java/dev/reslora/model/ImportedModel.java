package dev.reslora.model;

import java.nio.file.Path;

/**
 * A model that was imported.
 *
 * @param directory its Hugging Face directory
 * @param name what it calls itself
 * @param digest {@link HuggingFaceDirectory#digest()}
 * @param fresh whether it was made now; false where it was already there, intact
 */
public record ImportedModel(Path directory, String name, String digest, boolean fresh) {}
