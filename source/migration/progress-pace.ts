import {type Progress} from './progress.js';

/**
Messages and bytes a second over the last minute (over the time since the first delivery while that is
shorter), and the seconds left where they are credible: all folders listed, at least five seconds and
twenty messages of rate, not waiting and not paused.
*/
export const paceOf = (progress: Progress, now: number): {readonly messages: number; readonly bytes: number; readonly secondsLeft?: number} => {
	const second = Math.floor(now / 1000);
	const recent = progress.recent.filter(entry => entry.second > second - 60);
	const first = recent[0];
	if (!first) {
		return {messages: 0, bytes: 0};
	}

	const seconds = Math.max(1, Math.min(60, (now / 1000) - first.second));
	const count = recent.reduce((sum, entry) => sum + entry.messages, 0);
	const bytes = recent.reduce((sum, entry) => sum + entry.bytes, 0);
	const rate = {messages: count / seconds, bytes: bytes / seconds};
	const credible = progress.surveyed && seconds >= 5 && count >= 20 && !progress.paused && !progress.stopping && progress.waitUntil <= now;
	if (!credible) {
		return rate;
	}

	// Small messages cost a round trip, large ones bandwidth: the slower of the two estimates holds.
	const byCount = progress.messages.remaining / rate.messages;
	const byBytes = rate.bytes > 0 ? progress.bytes.remaining / rate.bytes : 0;
	return {...rate, secondsLeft: Math.ceil(Math.max(byCount, byBytes))};
};
