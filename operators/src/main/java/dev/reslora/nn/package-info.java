/** Engine binding: scripted kernels, the lifetimes of native tensors, devices. */
@NullMarked
package dev.reslora.nn;

import org.jspecify.annotations.NullMarked;
