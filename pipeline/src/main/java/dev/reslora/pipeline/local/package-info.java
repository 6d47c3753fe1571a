/** Embedded Kafka broker, MiniCluster and demo. */
@NullMarked
package dev.reslora.pipeline.local;

import org.jspecify.annotations.NullMarked;
