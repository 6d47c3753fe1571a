package dev.reslora.snapshot;

/**
 * A version that was not handed out. Made by {@link SnapshotAssembler}.
 *
 * @param adapterId the adapter; empty where the record could not be read that far
 * @param version the version; 0 where the record could not be read that far
 * @param reason for counting
 * @param message for a person: what was expected and what was found
 */
public record RefusedVersion(String adapterId, long version, Refusal reason, String message) {}
