package dev.reslora.operator;

import dev.reslora.schema.WireConfig;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * How versions go out.
 *
 * @param wire how records are written
 * @param topic the serving topic
 * @param retained versions of an adapter that stay on the topic; 0: all
 * @param store directory, as a URI that Flink's file systems know, for payloads above the limit;
 *     null: all go inline
 * @param inlineBytes largest payload that goes in chunks on the topic where there is a store
 * @param listedAdapters adapters with metrics of their own, of each subtask
 */
public record PublishPlan(
    WireConfig wire,
    String topic,
    int retained,
    @Nullable String store,
    long inlineBytes,
    int listedAdapters)
    implements Serializable {}
