// See the panels' own work.

export function mount() {}
