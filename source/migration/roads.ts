import {
	type Failure, FailureError, failures, failureOf,
} from '../mailbox/failure.js';
import {type Loss, losses} from '../mailbox/losses.js';
import {type MailDestination, type Transport} from '../mailbox/destination.js';
import {type OpenRoad, type Road} from '../mailbox/road.js';
import {type MigrationOptions} from './migration.js';

/** What keeps an application out by one road, while another may be open. */
const closing = new Set<Failure['code']>(['ews-closed', 'imap-closed', 'imap-sign-in-refused', 'permission-missing', 'mailbox-not-found', 'mailbox-refused', 'sign-in-refused', 'sign-in-refused-temporarily', 'loss-not-allowed']);

/** What may be in the way of one road only, such as a firewall; found out before anything was sent by it. */
const inTheWay = new Set<Failure['code']>([...closing, 'host-unreachable', 'tls-refused', 'server-nonsense']);

/** Whether a failure on the way means that this road is closed. */
export const closesRoad = ({code, reach}: Failure): boolean => reach === 'run' && closing.has(code);

/** Why there is none: the one reason where it is the same for all, else the gravest kind (design, section 5). */
const nothingOpen = (shut: ReadonlyMap<Transport, Failure>): FailureError => {
	const reasons = [...shut.values()];
	const [first] = reasons;
	const lossy = reasons.find(({code}) => code === 'loss-not-allowed');
	const isAlike = reasons.every(({code, next}) => code === first!.code && next === first!.next);
	const unreachable = reasons.find(({code}) => failures[code].exit === 5);
	const isUnreachable = reasons.every(({code}) => failures[code].exit === 5);
	// Nobody should allow a loss because a network is down for a moment.
	const reason = lossy ? unreachable ?? lossy : (isAlike || isUnreachable ? first : undefined);
	return reason
		? new FailureError(reason.code, reason)
		: new FailureError('no-road', {detail: [...shut].map(([transport, {code}]) => `${transport}: ${code}`).join(', ')});
};

/** The roads of one run: which are open, which are shut and why. */
export class Roads {
	readonly #options: Pick<MigrationOptions, 'roads' | 'control' | 'tell' | 'choices' | 'consent' | 'dryRun'>;
	readonly #open = new Map<Transport, OpenRoad>();
	readonly #made = new Set<MailDestination>();
	readonly #shut = new Map<Transport, Failure>();
	#best: Transport | undefined;

	constructor(options: Pick<MigrationOptions, 'roads' | 'control' | 'tell' | 'choices' | 'consent' | 'dryRun'>) {
		this.#options = options;
	}

	/** The first that opens. @throws why none does */
	async best(): Promise<OpenRoad> {
		const {roads, tell} = this.#options;
		for (const road of roads) {
			if (!this.#shut.has(road.transport)) {
				try {
					// eslint-disable-next-line no-await-in-loop -- one after another: the first will do
					const open = await this.#reach(road, true);
					tell({
						type: 'road.chosen', transport: road.transport, reason: roads.length === 1 ? 'only' : (this.#best ? 'closed' : 'best'), losses: open.traits.loses ?? [], mayLose: open.traits.mayLose ?? [],
					});
					this.#best = road.transport;
					return open;
				} catch (error) {
					this.#note(road, error);
				}
			}
		}

		throw nothingOpen(this.#shut);
	}

	/** All but the one that was chosen and those that are shut, in order. */
	others(): Road[] {
		return this.#options.roads.filter(({transport}) => transport !== this.#best && !this.#shut.has(transport));
	}

	/** One that is taken for some messages. @returns undefined if it does not open, or would lose what nobody allowed it to */
	async beside(road: Road, messages: number): Promise<OpenRoad | undefined> {
		const {tell} = this.#options;
		try {
			const open = await this.#reach(road, false);
			tell({
				type: 'road.chosen', transport: road.transport, reason: 'refused', messages, losses: open.traits.loses ?? [], mayLose: open.traits.mayLose ?? [],
			});
			return open;
		} catch (error) {
			this.#note(road, error);
			return undefined;
		}
	}

	/** A road turned out to be closed. @returns whether another one may be open */
	shut(transport: Transport, failure: Failure): boolean {
		this.#shut.set(transport, failure);
		const others = this.#options.roads.some(road => !this.#shut.has(road.transport));
		if (others) {
			this.#options.tell({type: 'road.closed', transport, failure});
		}

		return others;
	}

	async close(): Promise<void> {
		await Promise.allSettled([...this.#made].map(async destination => destination.close()));
	}

	async #reach({transport, destination: make}: Road, mayAsk: boolean): Promise<OpenRoad> {
		const known = this.#open.get(transport);
		if (known) {
			return known;
		}

		const {choices, consent, dryRun, control} = this.#options;
		const destination = make();
		this.#made.add(destination);
		try {
			const traits = await destination.open(control.stopping);
			const lost = (traits.loses ?? []).filter(loss => losses[loss].needsConsent);
			if (lost.length > 0 && !choices.allowLoss && !dryRun && !(mayAsk && await consent?.(transport, lost))) {
				throw new FailureError('loss-not-allowed', {detail: wordsOf(transport, lost)});
			}

			const open = {transport, destination, traits};
			this.#open.set(transport, open);
			return open;
		} catch (error) {
			this.#made.delete(destination);
			await destination.close();
			throw error;
		}
	}

	/** @throws what is no matter of this road alone */
	#note({transport}: Road, error: unknown): void {
		const failure = failureOf(error);
		if (this.#options.control.stopping.aborted || !inTheWay.has(failure.code)) {
			throw error;
		}

		this.#shut.set(transport, failure);
		if (this.#options.roads.length > 1) {
			this.#options.tell({type: 'road.closed', transport, failure});
		}
	}
}

const wordsOf = (transport: Transport, lost: readonly Loss[]): string => `${transport}: ${lost.map(loss => losses[loss].words).join('; ')}`;
