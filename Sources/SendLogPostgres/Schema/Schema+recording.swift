import SendLogCore

/// The part of the first schema step that creates the function `record_sends`.
extension Schema {
    /// Creates the function that records new logs of one organisation in one round trip, on the organisation's node.
    ///
    /// If some of the logs exist, the function returns them and writes nothing: the caller compares them, and calls
    /// again with the rest. Otherwise it returns one row with `o_place` 0 and the `o_seq` of the first log. No row
    /// means that the organisation does not exist. A `place` in the SQL is a position among the given logs, from 1.
    ///
    /// The function locks the head row until the commit, so that one transaction at a time records for an organisation:
    /// sequence numbers count up by one, transactions commit in their order, and the counters cause no deadlocks. If
    /// another server records one of the logs between the search for them and the lock, the function fails with 40001,
    /// and the client retries it.
    ///
    /// Every INSERT selects from the head row: Citus pulls `INSERT … SELECT unnest(…)` to the coordinator, but runs a
    /// selection from a colocated table on its shard.
    static let recording = """
        CREATE FUNCTION record_sends(
            p_org bigint, p_ids text[], p_campaigns text[], p_starts bigint[], p_days integer[], p_counts integer[],
            p_digests bytea[], p_records bytea[], p_staged bigint[],
            p_chunk_places integer[], p_chunk_numbers integer[], p_chunk_counts integer[], p_chunk_lengths integer[],
            p_chunk_crcs bigint[], p_chunk_bodies bytea[]
        ) RETURNS TABLE (
            o_place integer, o_seq bigint, o_start bigint, o_destinations integer, o_digest bytea, o_record bytea
        ) LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        DECLARE
            v_head bigint;
            v_count bigint := cardinality(p_ids);
            v_written bigint;
            v_destinations bigint := (SELECT sum(n) FROM unnest(p_counts) n);
        BEGIN
            RETURN QUERY
                SELECT n.place::integer, l.seq, l.start, l.destinations, l.digest, l.record
                FROM unnest(p_ids) WITH ORDINALITY n (id, place)
                JOIN send_logs l ON l.org_id = p_org AND l.id = n.id;
            IF FOUND THEN RETURN; END IF;

            SELECT h.sequence INTO v_head FROM organisation_heads h WHERE h.org_id = p_org FOR UPDATE;
            IF NOT FOUND THEN RETURN; END IF;

            INSERT INTO send_logs (org_id, seq, start, destinations, id, campaign, digest, record)
                SELECT h.org_id, v_head + n.place, n.start, n.destinations, n.id, n.campaign, n.digest, n.record
                FROM organisation_heads h
                CROSS JOIN unnest(p_starts, p_counts, p_ids, p_campaigns, p_digests, p_records)
                    WITH ORDINALITY n (start, destinations, id, campaign, digest, record, place)
                WHERE h.org_id = p_org
                ON CONFLICT DO NOTHING;
            GET DIAGNOSTICS v_written = ROW_COUNT;
            IF v_written <> v_count THEN
                RAISE EXCEPTION 'another server recorded one of these logs' USING ERRCODE = '40001';
            END IF;

            IF cardinality(p_chunk_places) > 0 THEN
                INSERT INTO destination_chunks (org_id, seq, number, count, length, crc, body)
                    SELECT h.org_id, v_head + c.place, c.number, c.count, c.length, c.crc, c.body
                    FROM organisation_heads h
                    CROSS JOIN unnest(
                        p_chunk_places, p_chunk_numbers, p_chunk_counts, p_chunk_lengths, p_chunk_crcs, p_chunk_bodies
                    ) c (place, number, count, length, crc, body)
                    WHERE h.org_id = p_org;
            END IF;
            FOR v_place IN 1..cardinality(p_staged) LOOP
                IF p_staged[v_place] < 0 THEN
                    UPDATE destination_chunks SET seq = v_head + v_place
                        WHERE org_id = p_org AND seq = p_staged[v_place];
                END IF;
            END LOOP;

            INSERT INTO organisation_days AS d (org_id, day, block, sends, destinations)
                SELECT h.org_id, n.day, (v_head + n.place - 1) / \(CounterBlock.size), count(*), sum(n.destinations)
                FROM organisation_heads h
                CROSS JOIN unnest(p_days, p_counts) WITH ORDINALITY n (day, destinations, place)
                WHERE h.org_id = p_org GROUP BY 1, 2, 3
                ON CONFLICT (org_id, day, block)
                DO UPDATE SET sends = d.sends + excluded.sends, destinations = d.destinations + excluded.destinations;
            INSERT INTO campaign_days AS d (org_id, campaign, day, block, sends, destinations)
                SELECT h.org_id, n.campaign, n.day, (v_head + n.place - 1) / \(CounterBlock.size), count(*),
                    sum(n.destinations)
                FROM organisation_heads h
                CROSS JOIN unnest(p_campaigns, p_days, p_counts) WITH ORDINALITY n (campaign, day, destinations, place)
                WHERE h.org_id = p_org GROUP BY 1, 2, 3, 4
                ON CONFLICT (org_id, campaign, day, block)
                DO UPDATE SET sends = d.sends + excluded.sends, destinations = d.destinations + excluded.destinations;
            UPDATE organisation_heads
                SET sequence = v_head + v_count, destinations = destinations + v_destinations
                WHERE org_id = p_org;
            RETURN QUERY SELECT 0, v_head + 1, 0::bigint, 0, ''::bytea, ''::bytea;
        END
        $$;
        """
}
