import process from 'node:process';
import {realClock} from '../mailbox/clock.js';
import {FailureError, failureOf, nextStep} from '../mailbox/failure.js';
import {exitCodeOf} from '../output/exit-code.js';
import {sentenceOf} from '../output/plain.js';
import {commandNames, parseArguments} from './arguments.js';
import {onStage} from './stage.js';

/** From arguments to an exit code. Errors before a run begins are told on stderr. */
export const main = async (argv: readonly string[], version: string): Promise<number> => {
	try {
		const asked = parseArguments(argv);
		if ('help' in asked) {
			process.stdout.write(`${asked.help}\n`);
			return 0;
		}

		const world = {
			clock: realClock(), random: Math.random, environment: process.env, version,
		};
		switch (asked.command) {
			case 'init': {
				const {init} = await import('./init.js');
				return await init(asked, world);
			}

			case 'demo': {
				const {demo} = await import('./demo.js');
				return await demo(asked, world);
			}

			case 'plan':
			case 'migrate':
			case 'retry': {
				const {migrate} = await import('./migrate.js');
				return await migrate(asked, world);
			}

			case 'verify': {
				const {verify} = await import('./verify.js');
				return await verify(asked, world);
			}

			case 'doctor': {
				const {doctor} = await import('./doctor.js');
				return await doctor(asked, world);
			}

			case 'dns': {
				const {dns} = await import('./dns.js');
				return await dns(asked, world);
			}

			case 'status':
			case 'failures': {
				const {look} = await import('./look.js');
				return await look(asked, world);
			}
		}
	} catch (error) {
		if (argv.includes('--json')) {
			return onStage({json: true, stopOnHangup: false, verbose: false}, realClock(), async ({tell}) => {
				tell({
					type: 'run.started', command: commandNames.find(name => argv.includes(name)) ?? '', version, source: '', destination: '', transport: 'imap',
				});
				throw error;
			});
		}

		const failure = failureOf(error);
		process.stderr.write(`${error instanceof FailureError && error.name === 'SettingsError' ? error.message : sentenceOf(failure)}\n${nextStep(failure, {})}\n`);
		if (failure.code === 'bug' && error instanceof Error) {
			process.stderr.write(`${error.stack ?? ''}\n`);
		}

		return exitCodeOf(failure);
	}
};
