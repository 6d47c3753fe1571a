package dev.reslora.pipeline.bench;

import java.nio.file.Path;

/**
 * A Python that runs peft beside this project.
 *
 * @param command the interpreter
 * @param home the project's root, which has Python's side
 */
public record Python(String command, Path home) {}
