package dev.reslora.text.template;

/** Values that are none. */
enum Nothing {
  /** Python's None. */
  NONE,
  /** What a name or key stands for that was never given; empty when it is written. */
  UNDEFINED
}
