/** Following the serving topic and answering with the newest version. */
@NullMarked
package dev.reslora.serving;

import org.jspecify.annotations.NullMarked;
