/**
 * ResLoRA: shortcuts, their chains, factor layout and merges. Formulas: Shi et al., Findings of ACL
 * 2024.
 */
@NullMarked
package dev.reslora.reslora;

import org.jspecify.annotations.NullMarked;
