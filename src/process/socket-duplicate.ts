import type {SocketSnapshot} from '../context/model.js';
import {closeFd} from '../kernel/descriptor.js';
import type {SystemCallError} from '../kernel/errors.js';
import {duplicateFd, openPidfd} from '../kernel/pidfd.js';
import {getSocketOption, SOL_SOCKET, SocketOption, socketTypeName, unreadBytes} from '../kernel/socket.js';
import {AF_INET, AF_INET6, AF_UNIX, familyName, localName, peerName} from '../kernel/socket-address.js';
import {isUnreadable} from './read.js';

/**
 * Describes a socket that no list has by duplicating it for a moment. Its state is `unseen` if a list of its
 * own network namespace would tell, `open` if its family has none (netlink, packet, vsock …).
 */
export function describeByDuplicate(pid: number, fd: number): SocketSnapshot {
	const unseen: SocketSnapshot = {family: 'unknown', type: 'unknown', state: 'unseen'};
	return withDuplicate(pid, fd, describe) ?? unseen;
}

function withDuplicate<Result>(pid: number, fd: number, work: (copy: number) => Result): Result | undefined {
	try {
		const pidfd = openPidfd(pid);
		try {
			const copy = duplicateFd(pidfd, fd);
			try {
				return work(copy);
			} finally {
				closeFd(copy);
			}
		} finally {
			closeFd(pidfd);
		}
	} catch (error) {
		// A program that runs closes descriptors and gives their numbers to other things.
		if (isUnreadable(error) || (error as SystemCallError).code === 'ENOTSOCK') return undefined;
		throw error;
	}
}

function describe(copy: number): SocketSnapshot {
	const family = getSocketOption(copy, SOL_SOCKET, SocketOption.domain);
	const isListed = [AF_UNIX, AF_INET, AF_INET6].includes(family);
	const listens = getSocketOption(copy, SOL_SOCKET, SocketOption.acceptsConnections) === 1;
	const snapshot: SocketSnapshot = {
		family: familyName(family),
		type: socketTypeName(getSocketOption(copy, SOL_SOCKET, SocketOption.type)),
		state: isListed ? 'unseen' : 'open',
	};
	const name = optional(() => localName(copy));
	if (name !== undefined) snapshot.name = name;
	const peer = optional(() => peerName(copy));
	if (peer !== undefined) snapshot.peer = {name: peer};
	const unread = isListed && !listens ? optional(() => unreadBytes(copy)) : undefined;
	if (unread !== undefined) snapshot.unread = unread;
	return snapshot;
}

/** Not every family answers every question (ENOTCONN, EOPNOTSUPP, EINVAL). */
function optional<Result>(question: () => Result): Result | undefined {
	try {
		return question();
	} catch {
		return undefined;
	}
}
