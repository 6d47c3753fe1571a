@NullMarked
package dev.reslora.model;

import org.jspecify.annotations.NullMarked;
