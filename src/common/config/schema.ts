import {z} from 'zod';

/** The file as it may be written; what is not known here is kept as it is. */
export const configSchema = z.looseObject({
	/** Saved filters: name → text of the filter. */
	filters: z.record(z.string(), z.string()).optional(),
	/** Interfaces and bus names (and all below them) whose bodies are masked, beside the built-in ones. */
	secrets: z.array(z.string().min(1)).optional(),
	/** How much traffic the screen keeps. */
	memory: z
		.looseObject({
			messages: z.number().int().min(1000).max(10_000_000).optional(),
			megabytes: z.number().min(1).max(16_384).optional(),
		})
		.optional(),
});

export type Config = z.infer<typeof configSchema>;
