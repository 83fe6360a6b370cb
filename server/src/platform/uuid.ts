/** A UUID (RFC 9562) in lower case, and nothing else. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
