import dgram from 'node:dgram';
import {once} from 'node:events';
import net, {type AddressInfo} from 'node:net';
import packet, {type Answer, type Packet, type StringAnswer} from 'dns-packet';

/** `name type value`, as in a zone file but with whole names and without the dots at their ends; MX is `10 host`. */
export type ZoneLine = string;

/** What the server does with names instead of answering: the name itself, or `*` for all. */
export type Trouble = 'servfail' | 'refused' | 'silent' | 'nonsense';

export type DnsServerOptions = {
	readonly zone: readonly ZoneLine[];
	readonly troubles?: Readonly<Record<string, Trouble>>;
	readonly address?: string;
	readonly port?: number;
};

const rcodes = {
	noerror: 0, servfail: 2, nxdomain: 3, refused: 5,
} as const;
/** Beyond that an answer over UDP is cut off, and asked for again over TCP (RFC 1035, 4.2.1). */
const longest = 512;
const recursive = 0x01_80;
const truncated = 0x02_00;

const recordOf = (line: ZoneLine): Answer => {
	const {name, type, value} = /^(?<name>\S+) (?<type>[A-Z]+) (?<value>.*)$/sv.exec(line)!.groups as Record<'name' | 'type' | 'value', string>;
	const common = {name, ttl: 60};
	switch (type) {
		case 'MX': {
			const [preference, exchange] = value.split(' ');
			return {...common, type: 'MX', data: {preference: Number(preference), exchange: exchange!}};
		}

		case 'TXT': {
			// Strings of one record are divided by a bar.
			return {...common, type: 'TXT', data: value.split('|')};
		}

		case 'A':
		case 'AAAA':
		case 'CNAME':
		case 'NS': {
			return {...common, type, data: value};
		}

		default: {
			throw new Error(`no such record here: ${line}`);
		}
	}
};

/**
A DNS server on the loopback, over UDP and TCP: a resolver that knows a few names, or a zone's own server.

It follows aliases within what it knows, tells NXDOMAIN from a name without such a record (a name above others exists too), and has
troubles on demand.
*/
export class DnsServer {
	static async start(options: DnsServerOptions): Promise<DnsServer> {
		const server = new DnsServer(options);
		await server.#listen(options.address ?? '127.0.0.1', options.port ?? 0);
		return server;
	}

	/** `name type` of each question, in order. */
	readonly asked: string[] = [];
	readonly #records: readonly Answer[];
	readonly #troubles: Readonly<Record<string, Trouble>>;
	readonly #udp = dgram.createSocket('udp4');
	readonly #tcp = net.createServer();

	private constructor({zone, troubles = {}}: DnsServerOptions) {
		this.#records = zone.map(line => recordOf(line));
		this.#troubles = troubles;
	}

	/** As `--resolver` takes it. */
	get address(): string {
		const {address, port} = this.#udp.address();
		return `${address}:${port}`;
	}

	get port(): number {
		return this.#udp.address().port;
	}

	async stop(): Promise<void> {
		this.#udp.close();
		this.#tcp.close();
		await once(this.#tcp, 'close');
	}

	async #listen(address: string, port: number): Promise<void> {
		this.#tcp.listen(port, address);
		await once(this.#tcp, 'listening');
		this.#udp.bind((this.#tcp.address() as AddressInfo).port, address);
		await once(this.#udp, 'listening');
		this.#udp.on('message', (message, peer) => {
			const answer = this.#answer(packet.decode(message));
			if (answer === undefined) {
				return;
			}

			const encoded = answer === 'nonsense' ? message.fill(255, 4) : packet.encode(answer);
			this.#udp.send(encoded.length > longest && answer !== 'nonsense' ? packet.encode({...answer, flags: (answer.flags ?? 0) + truncated, answers: []}) : encoded, peer.port, peer.address);
		});
		this.#tcp.on('connection', socket => {
			socket.on('error', () => {
				socket.destroy();
			});
			socket.on('data', data => {
				const answer = this.#answer(packet.streamDecode(data));
				if (answer !== undefined && answer !== 'nonsense') {
					socket.end(packet.streamEncode(answer));
				}
			});
		});
	}

	#answer({id, questions}: Packet): Packet | 'nonsense' | undefined {
		const [question] = questions!;
		const {name, type} = question!;
		this.asked.push(`${name} ${type}`);
		const trouble = this.#troubles[name.toLowerCase()] ?? this.#troubles['*'];
		if (trouble === 'silent') {
			return undefined;
		}

		if (trouble === 'nonsense') {
			return trouble;
		}

		const answers = trouble ? [] : this.#find(name.toLowerCase(), type);
		const rcode = trouble ? rcodes[trouble] : (this.#exists(name.toLowerCase()) ? rcodes.noerror : rcodes.nxdomain);
		return {
			type: 'response', id: id!, flags: recursive + rcode, questions: questions!, answers,
		};
	}

	#find(name: string, type: string, depth = 0): Answer[] {
		const here = this.#records.filter(record => record.name === name);
		const alias = here.find(record => record.type === 'CNAME') as StringAnswer | undefined;
		if (alias && type !== 'CNAME' && depth < 10) {
			return [alias, ...this.#find(alias.data.toLowerCase(), type, depth + 1)];
		}

		return here.filter(record => record.type === type);
	}

	#exists(name: string): boolean {
		return this.#records.some(record => record.name === name || record.name.endsWith(`.${name}`));
	}
}
