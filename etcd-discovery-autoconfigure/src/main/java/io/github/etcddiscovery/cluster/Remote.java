package io.github.etcddiscovery.cluster;

import java.time.Duration;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.view.ServiceView;

/**
 * Another cluster whose instances are used.
 *
 * @param name its name
 * @param view what is registered there
 * @param merged whether its instances are always used together with those at home.
 * Otherwise it is a fallback: its instances are used while home has none
 * @param registers whether this application registers there, too
 * @param failBackAfter how long home must have had an instance before a fallback is left
 * @param <T> what a view holds of an instance
 */
@Internal
public record Remote<T>(String name, ServiceView<T> view, boolean merged, boolean registers, Duration failBackAfter) {

}
