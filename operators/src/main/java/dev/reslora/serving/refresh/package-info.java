/**
 * New versions on servers of others: directories with a link to the current one, and adapter
 * loading over HTTP on vLLM, SGLang, DJL Serving and LoRAX, on all replicas or none.
 */
@NullMarked
package dev.reslora.serving.refresh;

import org.jspecify.annotations.NullMarked;
