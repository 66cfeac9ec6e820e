// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AccountArgsLib} from "./AccountArgsLib.sol";
import {Pair} from "./PairLib.sol";
import {Position} from "./PositionLib.sol";
import {Holder, IAssetAccount, Obligation} from "./interfaces/IAssetAccount.sol";

/// @notice The code behind every account; see {IAssetAccount}. Each account is a clone whose immutable arguments
/// (`AccountArgsLib`) say what it is.
/// @dev How the books are kept. `R` is never stored: it is the balance, plus what the edges took, plus what the holders
/// took (`_paid`). What an edge took follows from the R up to which it is paid, and as long as edges are paid together that
/// is one number for all of them (`_passed`); an edge that is ahead of the others has its own (`_passedOf`), and the flag in
/// `_passed` says that such edges exist.
/// The holders' right is an index, revenue per share in units of 2⁻⁹⁶; without a minter it is simply ⌊R_holders·2⁹⁶/supply⌋,
/// so nothing is stored at all. A holder's mark is the index up to which it is settled. When shares move, what a
/// position has earned is kept by setting its mark back (below zero if need be), so that a transfer writes no more
/// than the two positions.
contract AssetAccount is IAssetAccount, IERC20Errors, ReentrancyGuardTransient {
    using AccountArgsLib for bytes;
    using SafeERC20 for IERC20;

    /// @dev What one call works on: read once, in this order.
    struct Book {
        bytes args;
        Pair passed;
        Pair paid;
        uint256[2] received;
        uint256[2] index;
        uint256 supply;
    }

    /// @dev Release of one token's revenue, in accounts with a minter.
    struct Stream {
        uint160 index; // of what was released
        uint48 last; // unix seconds up to which was released
        uint48 end; // unix seconds when all is out
        uint128 seen; // the holders' part of R that was counted, ever
        uint128 locked; // of that, not yet released
    }

    /// @dev What a holder wishes about its claims.
    struct Wish {
        address payee;
        bool onlySelf;
    }

    uint256 private constant PPM = 1e6;
    uint256 private constant DOLLAR = 0;
    uint256 private constant TRIB = 1;
    /// @dev Lifetime revenue counted, so that packed amounts cannot overflow: a million million million TRIB.
    uint256 private constant MAX_RECEIVED = 2 ** 120 - 1;
    /// @dev Bounds of the indices, and of what a mark is set back by. Reached at 2⁴⁷ (2⁶³) units of revenue a unit of share.
    uint256 private constant MAX_DOLLAR_INDEX = 2 ** 142;
    uint256 private constant MAX_TRIB_INDEX = 2 ** 158;

    /// @inheritdoc IAssetAccount
    uint256 public constant RELEASE = 24 hours;
    /// @inheritdoc IAssetAccount
    uint256 public constant MIN_SUPPLY = 1e12;

    /// @inheritdoc IAssetAccount
    address public immutable registry;
    /// @inheritdoc IAssetAccount
    address public immutable dollar;
    /// @inheritdoc IAssetAccount
    address public immutable trib;

    /// @dev R up to which every edge is paid; the flag: some edge is paid further.
    Pair private _passed;
    /// @dev What holders and owner took.
    Pair private _paid;
    mapping(address holder => Position) private _positions;
    mapping(address holder => int256) private _tribMarks;
    /// @dev Earned and not claimed where no mark could hold it: after all shares went, or a payment that failed.
    mapping(address holder => Pair) private _accrued;
    mapping(address holder => Wish) private _wishes;
    mapping(address holder => mapping(address spender => uint256)) private _allowances;
    /// @dev R up to which one edge is paid, where that is more than `_passed`.
    mapping(uint256 index => Pair) private _passedOf;

    // Only in accounts with a minter:
    uint256 private _supply;
    Stream[2] private _streams;
    /// @dev Revenue from times without holders, not yet paid to the owner.
    Pair private _ownerDue;

    constructor(address dollar_, address trib_) {
        registry = msg.sender;
        dollar = dollar_;
        trib = trib_;
    }

    // --- money ---

    /// @inheritdoc IAssetAccount
    function sync() external nonReentrant {
        Book memory book = _load();
        if (book.args.hasMinter()) _accrue(book);
    }

    /// @inheritdoc IAssetAccount
    function flush() external nonReentrant {
        Book memory book = _load();
        if (book.args.hasMinter()) _accrue(book);

        Pair before = book.passed;
        Pair passed = before;
        for (uint256 t; t < 2; ++t) {
            if (book.received[t] > before.amount(t)) passed = passed.set(t, book.received[t], false);
        }
        if (passed.equals(before) || book.args.upstreamCount() == 0) return;
        _passed = passed;

        for (uint256 t; t < 2; ++t) {
            if (book.received[t] > before.amount(t)) _pullAll(book, t);
        }
    }

    /// @inheritdoc IAssetAccount
    function pull(uint256 index) external nonReentrant returns (uint256 dollars, uint256 tribs) {
        Book memory book = _load();
        uint256 count = book.args.upstreamCount();
        require(index < count, NoSuchUpstream(index, count));
        if (book.args.hasMinter()) _accrue(book);

        (address to,) = book.args.upstreamAt(index);
        Pair before = _passedOf[index];
        uint256[2] memory amounts;
        Pair passed = book.passed;
        Pair passedOf = before;
        for (uint256 t; t < 2; ++t) {
            amounts[t] = _owed(book, t, index);
            if (amounts[t] == 0) continue;
            passedOf = passedOf.set(t, book.received[t], false);
            passed = passed.set(t, passed.amount(t), true);
        }
        if (passedOf.equals(before)) return (0, 0);
        _passedOf[index] = passedOf;
        _passed = passed;

        for (uint256 t; t < 2; ++t) {
            if (amounts[t] == 0 || _pay(t, to, amounts[t])) continue;
            // Not paid: this edge is where it was. The flag may stay, it only costs a read.
            passedOf = passedOf.set(t, before.amount(t), false);
            _passedOf[index] = passedOf;
            amounts[t] = 0;
        }
        emit Pulled(to, amounts[DOLLAR], amounts[TRIB]);
        return (amounts[DOLLAR], amounts[TRIB]);
    }

    /// @inheritdoc IAssetAccount
    function claim(address holder) external nonReentrant returns (uint256 dollars, uint256 tribs) {
        Position position = _positions[holder];
        address to = holder;
        if (position.hasWish()) {
            Wish memory wish = _wishes[holder];
            require(!wish.onlySelf || msg.sender == holder, ClaimOnlySelf(holder, msg.sender));
            if (wish.payee != address(0)) to = wish.payee;
        }
        Book memory book = _load();
        _accrue(book);

        (dollars, tribs) = _settle(book, holder, position);
        if (dollars == 0 && tribs == 0) return (0, 0);
        _paid = book.paid.add(DOLLAR, dollars).add(TRIB, tribs);
        if (dollars != 0 && !_pay(DOLLAR, to, dollars)) {
            _keep(holder, DOLLAR, dollars);
            dollars = 0;
        }
        if (tribs != 0 && !_pay(TRIB, to, tribs)) {
            _keep(holder, TRIB, tribs);
            tribs = 0;
        }
        emit Claimed(holder, dollars, tribs);
    }

    /// @inheritdoc IAssetAccount
    function claimOwner() external nonReentrant returns (uint256 dollars, uint256 tribs) {
        Book memory book = _load();
        _accrue(book);
        address to = owner();

        dollars = _ownerPart(book, DOLLAR);
        tribs = _ownerPart(book, TRIB);
        if (dollars == 0 && tribs == 0) return (0, 0);
        bool hasMinter = book.args.hasMinter();
        Pair due = _ownerDue;
        if (hasMinter) _ownerDue = due.sub(DOLLAR, dollars).sub(TRIB, tribs);
        _paid = book.paid.add(DOLLAR, dollars).add(TRIB, tribs);
        if (dollars != 0 && !_pay(DOLLAR, to, dollars)) {
            _paid = _paid.sub(DOLLAR, dollars);
            if (hasMinter) _ownerDue = _ownerDue.add(DOLLAR, dollars);
            dollars = 0;
        }
        if (tribs != 0 && !_pay(TRIB, to, tribs)) {
            _paid = _paid.sub(TRIB, tribs);
            if (hasMinter) _ownerDue = _ownerDue.add(TRIB, tribs);
            tribs = 0;
        }
        emit OwnerPaid(to, dollars, tribs);
    }

    /// @inheritdoc IAssetAccount
    function setPayee(address payee, bool onlySelf) external {
        require(payee != address(this), PaidToSelf());
        _positions[msg.sender] = _positions[msg.sender].withWish();
        _wishes[msg.sender] = Wish({payee: payee, onlySelf: onlySelf});
        emit PayeeSet(msg.sender, payee, onlySelf);
    }

    // --- shares ---

    /// @inheritdoc IAssetAccount
    function initialize(Holder[] calldata holders) external {
        require(msg.sender == registry, NotRegistry(msg.sender));
        uint256 supply;
        for (uint256 i; i < holders.length; ++i) {
            (address holder, uint256 shares) = (holders[i].holder, holders[i].shares);
            Position position = _positions[holder];
            _positions[holder] = position.moved(position.balance() + shares, 0);
            supply += shares;
            emit Transfer(address(0), holder, shares);
        }
        if (_args().hasMinter()) _supply = supply;
    }

    /// @inheritdoc IAssetAccount
    function mint(address to, uint256 shares) external nonReentrant {
        Book memory book = _load();
        address minter_ = book.args.minter();
        require(msg.sender == minter_, NotMinter(msg.sender, minter_));
        require(to != address(0), ERC20InvalidReceiver(to));
        _accrue(book);
        uint256 cap_ = book.args.cap();
        require(shares <= cap_ - book.supply, CapExceeded(Math.saturatingAdd(book.supply, shares), cap_));
        _supply = book.supply + shares;
        _move(book, address(0), to, shares);
    }

    /// @inheritdoc IAssetAccount
    function burn(uint256 shares) external nonReentrant {
        _burn(msg.sender, shares);
    }

    /// @inheritdoc IAssetAccount
    function burnFrom(address from, uint256 shares) external nonReentrant {
        _spendAllowance(from, shares);
        _burn(from, shares);
    }

    /// @inheritdoc IERC20
    function transfer(address to, uint256 shares) external nonReentrant returns (bool) {
        _transfer(msg.sender, to, shares);
        return true;
    }

    /// @inheritdoc IERC20
    function transferFrom(address from, address to, uint256 shares) external nonReentrant returns (bool) {
        _spendAllowance(from, shares);
        _transfer(from, to, shares);
        return true;
    }

    /// @inheritdoc IERC20
    function approve(address spender, uint256 shares) external returns (bool) {
        require(spender != address(0), ERC20InvalidSpender(spender));
        _allowances[msg.sender][spender] = shares;
        emit Approval(msg.sender, spender, shares);
        return true;
    }

    // --- what is so ---

    /// @inheritdoc IERC20Metadata
    function name() external pure returns (string memory) {
        return "Tributary shares";
    }

    /// @inheritdoc IERC20Metadata
    function symbol() external pure returns (string memory) {
        return "SHARES";
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external pure returns (uint8) {
        return 18;
    }

    /// @inheritdoc IERC20
    function totalSupply() external view returns (uint256) {
        return _totalSupply(_args());
    }

    /// @inheritdoc IERC20
    function balanceOf(address holder) external view returns (uint256) {
        return _positions[holder].balance();
    }

    /// @inheritdoc IERC20
    function allowance(address holder, address spender) external view returns (uint256) {
        return _allowances[holder][spender];
    }

    /// @inheritdoc IAssetAccount
    function kind() external view returns (uint8) {
        return _args().kind();
    }

    /// @inheritdoc IAssetAccount
    function owner() public view returns (address) {
        return IERC721(registry).ownerOf(uint256(uint160(address(this))));
    }

    /// @inheritdoc IAssetAccount
    function upstream() external view returns (address[] memory accounts, uint24[] memory weights) {
        bytes memory args = _args();
        uint256 count = args.upstreamCount();
        accounts = new address[](count);
        weights = new uint24[](count);
        for (uint256 i; i < count; ++i) {
            uint256 weight;
            (accounts[i], weight) = args.upstreamAt(i);
            weights[i] = uint24(weight);
        }
    }

    /// @inheritdoc IAssetAccount
    function dues() external view returns (uint24) {
        return _args().dues();
    }

    /// @inheritdoc IAssetAccount
    function obligations() external view returns (Obligation[] memory list) {
        bytes memory args = _args();
        uint256 inherited = args.obligationCount();
        uint24 own = args.dues();
        list = new Obligation[](own == 0 ? inherited : inherited + 1);
        for (uint256 i; i < inherited; ++i) {
            list[i] = args.obligationAt(i);
        }
        if (own != 0) list[inherited] = Obligation({ancestor: address(this), due: own, flow: uint24(PPM)});
    }

    /// @inheritdoc IAssetAccount
    function minter() external view returns (address) {
        return _args().minter();
    }

    /// @inheritdoc IAssetAccount
    function cap() external view returns (uint256) {
        return _args().cap();
    }

    /// @inheritdoc IAssetAccount
    function received(address token) external view nonReentrantView returns (uint256) {
        return _load().received[_number(token)];
    }

    /// @inheritdoc IAssetAccount
    function owed(uint256 index, address token) external view nonReentrantView returns (uint256) {
        Book memory book = _load();
        uint256 count = book.args.upstreamCount();
        require(index < count, NoSuchUpstream(index, count));
        return _owed(book, _number(token), index);
    }

    /// @inheritdoc IAssetAccount
    function claimable(address holder, address token) external view nonReentrantView returns (uint256) {
        uint256 t = _number(token);
        Book memory book = _load();
        if (book.args.hasMinter()) {
            book.supply = _supply;
            (Stream memory stream,) = _advance(book, t);
            book.index[t] = stream.index;
        } else {
            book.index[t] = _fixedIndex(book, t);
        }
        Position position = _positions[holder];
        int256 mark = t == DOLLAR ? position.mark() : _tribMarks[holder];
        return (_earned(position.balance(), book.index[t], mark) >> 96) + _accrued[holder].amount(t);
    }

    /// @inheritdoc IAssetAccount
    function claimableOwner(address token) external view nonReentrantView returns (uint256) {
        uint256 t = _number(token);
        Book memory book = _load();
        if (!book.args.hasMinter()) return _ownerPart(book, t);
        book.supply = _supply;
        (, uint256 toOwner) = _advance(book, t);
        return _ownerPart(book, t) + toOwner;
    }

    /// @inheritdoc IAssetAccount
    function releasing(address token) external view nonReentrantView returns (uint256 amount, uint256 until) {
        uint256 t = _number(token);
        Book memory book = _load();
        if (!book.args.hasMinter()) return (0, 0);
        book.supply = _supply;
        (Stream memory stream,) = _advance(book, t);
        return (stream.locked, stream.end);
    }

    /// @inheritdoc IAssetAccount
    function payeeOf(address holder) external view returns (address payee, bool onlySelf) {
        Wish memory wish = _wishes[holder];
        return (wish.payee, wish.onlySelf);
    }

    // --- the books ---

    function _load() private view returns (Book memory book) {
        book.args = _args();
        book.passed = _passed;
        book.paid = _paid;
        book.received[DOLLAR] = _received(book, DOLLAR);
        book.received[TRIB] = _received(book, TRIB);
    }

    /// @dev R: what is here, what holders took, what edges took.
    function _received(Book memory book, uint256 t) private view returns (uint256 sum) {
        sum = Math.min(_token(t).balanceOf(address(this)), MAX_RECEIVED) + book.paid.amount(t);
        bool apart = book.passed.flag(t);
        if (apart || book.passed.amount(t) != 0) {
            uint256 count = book.args.upstreamCount();
            for (uint256 i; i < count; ++i) {
                (, uint256 weight) = book.args.upstreamAt(i);
                sum += _partDown(_edgePassed(book, t, i), weight);
            }
        }
        if (sum > MAX_RECEIVED) sum = MAX_RECEIVED;
    }

    /// @dev R up to which edge `i` is paid.
    function _edgePassed(Book memory book, uint256 t, uint256 i) private view returns (uint256 passed) {
        passed = book.passed.amount(t);
        if (book.passed.flag(t)) passed = Math.max(passed, _passedOf[i].amount(t));
    }

    function _owed(Book memory book, uint256 t, uint256 i) private view returns (uint256) {
        (, uint256 weight) = book.args.upstreamAt(i);
        return Math.saturatingSub(_partDown(book.received[t], weight), _partDown(_edgePassed(book, t, i), weight));
    }

    /// @dev The holders' part of R: what is left when every edge is rounded up.
    function _holdersPart(Book memory book, uint256 t) private pure returns (uint256) {
        uint256 count = book.args.upstreamCount();
        uint256 sum;
        for (uint256 i; i < count; ++i) {
            (, uint256 weight) = book.args.upstreamAt(i);
            sum += weight;
        }
        return book.received[t] - Math.ceilDiv(book.received[t] * sum, PPM);
    }

    /// @dev What belongs to the owner and is on the books already.
    function _ownerPart(Book memory book, uint256 t) private view returns (uint256) {
        if (book.args.hasMinter()) return _ownerDue.amount(t);
        if (book.args.cap() != 0) return 0;
        return Math.saturatingSub(_holdersPart(book, t), book.paid.amount(t));
    }

    /// @dev The index without a minter: a function of R alone.
    function _fixedIndex(Book memory book, uint256 t) private pure returns (uint256) {
        uint256 cap_ = book.args.cap();
        if (cap_ == 0) return 0;
        return Math.min((_holdersPart(book, t) << 96) / cap_, _maxIndex(t));
    }

    /// @dev Brings the indices up to now.
    function _accrue(Book memory book) private {
        if (!book.args.hasMinter()) {
            book.index[DOLLAR] = _fixedIndex(book, DOLLAR);
            book.index[TRIB] = _fixedIndex(book, TRIB);
            return;
        }
        book.supply = _supply;
        for (uint256 t; t < 2; ++t) {
            (Stream memory stream, uint256 toOwner) = _advance(book, t);
            _streams[t] = stream;
            book.index[t] = stream.index;
            if (toOwner != 0) _ownerDue = _ownerDue.add(t, toOwner);
        }
    }

    /// @dev The release of token `t` as of now, and what of it falls to the owner because there are no holders.
    function _advance(Book memory book, uint256 t) private view returns (Stream memory stream, uint256 toOwner) {
        stream = _streams[t];
        uint256 part = Math.max(_holdersPart(book, t), stream.seen);
        uint256 fresh = part - stream.seen;
        uint256 locked = stream.locked;
        stream.seen = uint128(part);

        if (book.supply < MIN_SUPPLY) {
            stream.locked = 0;
            stream.last = stream.end = uint48(block.timestamp);
            return (stream, locked + fresh);
        }

        if (locked != 0) {
            uint256 released = block.timestamp < stream.end
                ? (locked * (block.timestamp - stream.last)) / (stream.end - stream.last)
                : locked;
            if (released != 0) {
                // What is less than a unit waits for the next time, hence `last` moves only with a release.
                stream.last = uint48(block.timestamp);
                stream.index = uint160(Math.min(stream.index + (released << 96) / book.supply, _maxIndex(t)));
                locked -= released;
            }
        }
        if (fresh != 0) {
            uint256 left = locked == 0 ? 0 : stream.end - block.timestamp;
            stream.last = uint48(block.timestamp);
            stream.end = uint48(block.timestamp + (locked * left + fresh * RELEASE) / (locked + fresh));
            locked += fresh;
        }
        stream.locked = uint128(locked);
    }

    /// @dev Base units times 2⁹⁶ that `balance` shares earned between `mark` and `index`. Below 2²⁵⁶: shares are below 2⁹⁶,
    /// index and mark within ±2¹⁵⁹.
    function _earned(uint256 balance, uint256 index, int256 mark) private pure returns (uint256) {
        return int256(index) > mark ? balance * uint256(int256(index) - mark) : 0;
    }

    /// @dev Takes everything that `holder` earned off its position. The fraction of a unit that cannot be paid stays in the
    /// mark, so that claiming often costs nothing.
    function _settle(Book memory book, address holder, Position position)
        private
        returns (uint256 dollars, uint256 tribs)
    {
        uint256 balance = position.balance();
        Position before = position;
        uint256 scaled = _earned(balance, book.index[DOLLAR], position.mark());
        dollars = scaled >> 96;
        if (dollars != 0) {
            position = position.moved(balance, int256(book.index[DOLLAR] - (scaled & type(uint96).max) / balance));
        }
        if (book.index[TRIB] != 0) {
            scaled = _earned(balance, book.index[TRIB], _tribMarks[holder]);
            tribs = scaled >> 96;
            if (tribs != 0) {
                _tribMarks[holder] = int256(book.index[TRIB] - (scaled & type(uint96).max) / balance);
            }
        }
        if (position.hasAccrued()) {
            Pair accrued = _accrued[holder];
            dollars += accrued.amount(DOLLAR);
            tribs += accrued.amount(TRIB);
            _accrued[holder] = Pair.wrap(0);
            position = position.withAccrued(false);
        }
        if (Position.unwrap(position) != Position.unwrap(before)) _positions[holder] = position;
    }

    /// @dev A claim that could not be paid goes back on the books.
    function _keep(address holder, uint256 t, uint256 amount) private {
        _paid = _paid.sub(t, amount);
        _accrued[holder] = _accrued[holder].add(t, amount);
        _positions[holder] = _positions[holder].withAccrued(true);
    }

    // --- movements ---

    function _transfer(address from, address to, uint256 shares) private {
        require(from != address(0), ERC20InvalidSender(from));
        // Shares held by the account itself would pay it its own revenue, which would then count as new revenue.
        require(to != address(0) && to != address(this), ERC20InvalidReceiver(to));
        Book memory book = _load();
        _accrue(book);
        _move(book, from, to, shares);
    }

    function _burn(address from, uint256 shares) private {
        Book memory book = _load();
        require(book.args.hasMinter(), FixedSupply());
        _accrue(book);
        _move(book, from, address(0), shares);
        _supply = book.supply - shares;
    }

    /// @dev From and to zero are minting and burning; the caller has accrued and sees to the supply.
    function _move(Book memory book, address from, address to, uint256 shares) private {
        if (from != address(0)) {
            Position position = _positions[from];
            uint256 balance = position.balance();
            require(shares <= balance, ERC20InsufficientBalance(from, balance, shares));
            if (from != to) _reposition(book, from, position, balance - shares);
        }
        if (to != address(0) && from != to) {
            Position position = _positions[to];
            _reposition(book, to, position, position.balance() + shares);
        }
        emit Transfer(from, to, shares);
    }

    /// @dev Gives a position a new balance without changing what it has earned.
    function _reposition(Book memory book, address holder, Position position, uint256 newBalance) private {
        uint256 balance = position.balance();
        (int256 mark, uint256 dollars) = _remark(balance, newBalance, position.mark(), book.index[DOLLAR], DOLLAR);
        uint256 tribs;
        if (book.index[TRIB] != 0) {
            int256 before = _tribMarks[holder];
            int256 tribMark;
            (tribMark, tribs) = _remark(balance, newBalance, before, book.index[TRIB], TRIB);
            if (tribMark != before) _tribMarks[holder] = tribMark;
        }
        position = position.moved(newBalance, mark);
        if (dollars | tribs != 0) {
            _accrued[holder] = _accrued[holder].add(DOLLAR, dollars).add(TRIB, tribs);
            position = position.withAccrued(true);
        }
        _positions[holder] = position;
    }

    /// @dev The mark at which `newBalance` shares have earned what `balance` shares had earned, rounded against the holder
    /// by less than `newBalance`·2⁻⁹⁶ units; where there is no such mark, the earned amount itself.
    function _remark(uint256 balance, uint256 newBalance, int256 mark, uint256 index, uint256 t)
        private
        pure
        returns (int256 newMark, uint256 accrued)
    {
        if (balance == 0) return (int256(index), 0);
        uint256 scaled = _earned(balance, index, mark);
        // A mark above the index (an issuer took tokens away) stays there: nothing is earned twice.
        if (scaled == 0 || newBalance == 0) return (mark, scaled >> 96);
        uint256 back = scaled / newBalance;
        if (back > _maxIndex(t)) return (int256(index), scaled >> 96);
        return (int256(index) - int256(back), 0);
    }

    /// @dev Pays every edge what token `t` owes it. `_passed` says already that all are paid; it is put right if one is not.
    function _pullAll(Book memory book, uint256 t) private {
        uint256 count = book.args.upstreamCount();
        uint256 failed;
        for (uint256 i; i < count; ++i) {
            (address to,) = book.args.upstreamAt(i);
            uint256 amount = _owed(book, t, i);
            if (amount != 0 && !_pay(t, to, amount)) failed |= 1 << i;
        }
        if (failed == 0) return;
        _passed = _passed.set(t, book.passed.amount(t), true);
        for (uint256 i; i < count; ++i) {
            if (failed & (1 << i) == 0) _passedOf[i] = _passedOf[i].set(t, book.received[t], false);
        }
    }

    function _pay(uint256 t, address to, uint256 amount) private returns (bool paid) {
        require(to != address(this), PaidToSelf());
        IERC20 token = _token(t);
        paid = token.trySafeTransfer(to, amount);
        if (!paid) emit Unpaid(address(token), to, amount);
    }

    function _spendAllowance(address from, uint256 shares) private {
        uint256 allowed = _allowances[from][msg.sender];
        if (allowed == type(uint256).max) return;
        require(shares <= allowed, ERC20InsufficientAllowance(msg.sender, allowed, shares));
        _allowances[from][msg.sender] = allowed - shares;
    }

    // --- small things ---

    function _args() private view returns (bytes memory) {
        return Clones.fetchCloneArgs(address(this));
    }

    function _totalSupply(bytes memory args) private view returns (uint256) {
        return args.hasMinter() ? _supply : args.cap();
    }

    function _partDown(uint256 amount, uint256 weight) private pure returns (uint256) {
        return (amount * weight) / PPM;
    }

    function _maxIndex(uint256 t) private pure returns (uint256) {
        return t == DOLLAR ? MAX_DOLLAR_INDEX : MAX_TRIB_INDEX;
    }

    function _token(uint256 t) private view returns (IERC20) {
        return IERC20(t == DOLLAR ? dollar : trib);
    }

    function _number(address token) private view returns (uint256) {
        if (token == dollar) return DOLLAR;
        require(token == trib, NotRevenueToken(token));
        return TRIB;
    }
}
