export const NOT_HTTPS = "Enter a URL that starts with https://.";

export const startsWithHttps = (url: string) => /^https:\/\//i.test(url.trim());
