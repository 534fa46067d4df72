import {statusFlags} from '../../kernel/descriptor.js';
import {getSocketOption, SOL_SOCKET, SocketOption} from '../../kernel/socket.js';
import type {BusPeer} from '../types.js';

/** What the kernel knows of a held connection and a new one must have, too. */
export interface SavedSocket {
	inode: number;
	/** F_GETFL: O_NONBLOCK above all, which a library counts on. */
	flags: number;
	/** As getsockopt tells them: the kernel's double of what was once asked for. */
	sendBuffer: number;
	receiveBuffer: number;
	passCredentials: number;
	passSecurity: number;
}

/** Who was on a bus when the service was frozen: what changes meanwhile it is told of after a reconnect. */
export interface SavedBus {
	/** As in the connections. */
	address: string;
	peers: Array<{uniqueName: string; names: string[]}>;
}

/** @param fd our duplicate of the connection's socket. */
export function saveSocket(fd: number, inode: number): SavedSocket {
	const option = (number: number) => getSocketOption(fd, SOL_SOCKET, number);
	return {
		inode,
		flags: statusFlags(fd),
		sendBuffer: option(SocketOption.sendBuffer),
		receiveBuffer: option(SocketOption.receiveBuffer),
		passCredentials: option(SocketOption.passCredentials),
		passSecurity: option(SocketOption.passSecurity),
	};
}

export function saveBus(address: string, peers: readonly BusPeer[]): SavedBus {
	return {address, peers: peers.map(({uniqueName, names}) => ({uniqueName, names: [...names]}))};
}
